/** Random octets, handed in: transaction IDs, nonces and salts come from here. */
export interface Random {
  bytes(length: number): Uint8Array;
}
