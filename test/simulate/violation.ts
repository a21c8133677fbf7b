/** What must hold at every step does not. */
export class Violation extends Error {
  override readonly name = 'Violation';
}
