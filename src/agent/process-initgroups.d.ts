declare namespace NodeJS {
  interface Process {
    /** Take the groups of a user, as the system knows them; left out of `@types/node`. */
    initgroups?(user: string | number, extraGroup: string | number): void;
  }
}
