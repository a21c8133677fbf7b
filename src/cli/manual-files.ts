import { commands } from './grammar.ts';
import { chapterPage, overviewPage } from './manual-page.ts';
import { referencePage } from './manual-reference.ts';
import { chaptersOf } from './manual.ts';
import { modeCommands } from './shell/mode-commands.ts';

/** Make every generated file of `docs/`, by its path in there. */
export function manualFiles(): ReadonlyMap<string, string> {
  const chapters = chaptersOf(commands);
  const modes = modeCommands({ open: [], isOver: false });
  const pages = chapters.map((chapter) =>
    chapterPage(chapter, chapter.word === 'shell' ? modes : []),
  );
  return new Map([
    ['cli.md', referencePage(chapters, modes)],
    ...[overviewPage(chapters), ...pages].map(({ file, text }) => [`man/${file}`, text] as const),
  ]);
}

/** List the manual pages as package.json does. */
export function manualPages(files: ReadonlyMap<string, string>): readonly string[] {
  const pages = [...files.keys()].filter((path) => path.startsWith('man/'));
  return pages.map((path) => `./docs/${path}`).toSorted();
}
