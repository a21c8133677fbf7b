/** The package comes without types, and those that others have written lag behind: `net-snmp.ts` says what is used. */
declare module 'net-snmp' {
  const library: unknown;
  export default library;
}
