import type { Command } from './command.ts';
import { placeholder } from './placeholder.ts';
import type { Parameter } from './parameter.ts';
import { formatDuration } from './render.ts';

/** Commands that begin with the same word: a page of the manual, a chapter of the reference. */
export interface Chapter {
  readonly word: string;
  readonly commands: readonly Command[];
}

/** Put the commands into chapters, in the order of the table. */
export function chaptersOf(commands: readonly Command[]): readonly Chapter[] {
  const chapters = new Map<string, Command[]>();
  for (const command of commands) {
    const [word = ''] = command.words;
    const chapter = chapters.get(word) ?? [];
    chapters.set(word, [...chapter, command]);
  }
  return [...chapters].map(([word, members]) => ({ word, commands: members }));
}

/** Say in words what a value has to be. */
export function valueText(parameter: Parameter): string {
  switch (parameter.type) {
    case 'flag':
      return 'switch';
    case 'integer': {
      const { values, min, max, unit } = parameter;
      const range = values?.join(', ') ?? `${min} to ${max}`;
      return unit === undefined ? range : `${range} ${unit}`;
    }
    case 'duration': {
      const unit = parameter.bareUnit;
      return unit === undefined ? 'duration' : `duration; a bare number is ${unitNames[unit]}`;
    }
    case 'choice':
      return parameter.choices.join(', ');
    case 'text':
      return 'text';
    case 'label':
      return 'name';
    case 'dn':
      return 'distinguished name';
    case 'file':
      return 'file';
    case 'directory':
      return 'directory';
    case 'url':
      return 'URL';
    case 'secret':
      return 'secret';
    default:
      return placeholder(parameter);
  }
}

const unitNames = { s: 'seconds', h: 'hours', d: 'days' } as const;

/** Say what holds when a parameter is left out; empty when nothing does. */
export function defaultText(parameter: Parameter): string {
  if (parameter.required === true) return 'required';
  if (parameter.usual !== undefined) return parameter.usual;
  if (!('default' in parameter) || parameter.default === undefined) return '';
  return parameter.type === 'duration'
    ? formatDuration(parameter.default)
    : String(parameter.default);
}
