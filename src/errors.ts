/** Everything certkeeper throws: one class, a closed union of codes, and what they mean to a shell. */
export { CertError, errorClassOf, exitCodeOf } from './base/errors.ts';
export type { CertErrorOptions, ErrorClass, ErrorCode, ExitCode } from './base/errors.ts';
