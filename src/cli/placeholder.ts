import { optionOf, type Parameter, type ParameterTable } from './parameter.ts';

/** Write what stands for the value of a parameter in a usage line. */
export function placeholder(parameter: Parameter): string {
  if (parameter.placeholder !== undefined) return parameter.placeholder;
  switch (parameter.type) {
    case 'flag':
      return '';
    case 'integer':
      return 'N';
    case 'duration':
      return 'D';
    case 'choice': {
      const choices = parameter.choices.join('|');
      // They are listed after the sentence, too.
      return choices.length > 40 ? 'WORD' : choices;
    }
    case 'text':
      return 'TEXT';
    case 'label':
      return 'N';
    case 'dn':
      return 'DN';
    case 'file':
      return 'FILE';
    case 'directory':
      return 'PATH';
    case 'url':
      return 'U';
    case 'secret':
      return 'SECRET';
  }
}

/** Write a parameter as a usage line has it: its keyword with what stands for its value, or that alone. */
export function spelled(
  word: string,
  parameter: Parameter | undefined,
  front: '' | '--' = '',
): string {
  const keyword = front === '' ? word : optionOf(word);
  if (parameter === undefined || parameter.type === 'flag') return keyword;
  const value = placeholder(parameter) + (parameter.many === true ? '…' : '');
  return parameter.positional === true && front === '' ? value : `${keyword} ${value}`;
}

/** Say how parameters are written that are missing: all of them to be added, or one of them. */
export function howToWrite(
  table: ParameterTable,
  words: readonly string[],
  verb: 'Add' | 'Write' = 'Write',
): string {
  const shown = words.map((word) => {
    const parameter = table[word];
    return parameter?.type === 'choice' && parameter.positional === true
      ? parameter.choices.join(' or ')
      : `"${spelled(word, parameter)}"`;
  });
  return `${verb} ${shown.join(verb === 'Add' ? ' and ' : ' or ')}`;
}
