/** What stands for a part that is not written. */
const withheld = '(given)';

/**
 * Take out of a URL what may be secret: user and password, whole, since a token alone can be either; the values of a
 * query. Of `ldap:` the query says what is looked for, and stays. A text that is no URL is left as it is.
 */
export function withoutUrlSecrets(text: string): string {
  const bare = text
    .replace(/(:\/\/)[^:/?#]*@/g, `$1${withheld}@`)
    // A password may have any character in it, unescaped ones too.
    .replace(/(:\/\/)[^:/?#]*:(.*)@/s, (all, front: string, rest: string) =>
      // Behind a host comes a port, and an "@" further on is one of the path.
      /^\d{1,5}[/?#]/.test(rest) ? all : `${front}${withheld}@`,
    );
  return bare.replace(
    /\b([a-z][a-z0-9+.-]{0,63})(:\/\/[^?]*)\?(.*)$/is,
    (all, scheme: string, place: string, query: string) =>
      /^ldaps?$/i.test(scheme) ? all : `${scheme}${place}?${withoutValues(query)}`,
  );
}

/** Do the same for each URL in a message. */
export function withoutUrlSecretsIn(message: string): string {
  return message.replace(/\b[a-z][a-z0-9+.-]{0,63}:\/\/[^\s"]+/gi, withoutUrlSecrets);
}

function withoutValues(query: string): string {
  return query.replace(/[^&;]+/g, (part) => {
    // A token can end with "=" as Base64 does, and has no name then.
    const [, name] = /^([\w.~%-]{1,64})=[^=]/.exec(part) ?? [];
    return name === undefined ? withheld : `${name}=${withheld}`;
  });
}
