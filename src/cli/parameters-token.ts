/** `crypto token add`. */
export const tokenAddParameters = {
  token: {
    type: 'text',
    required: true,
    positional: true,
    placeholder: 'LABEL',
    summary: 'Label of the token, as token= in a PKCS #11 URI; one set up before is replaced',
  },
  module: {
    type: 'file',
    required: true,
    summary: 'Shared library of the token, as in /usr/lib/softhsm/libsofthsm2.so',
  },
  pin: {
    type: 'secret',
    summary: 'Where its PIN is: file:PATH, env:NAME, cred:NAME or prompt; the PIN is never stored',
  },
} as const;

/** `crypto token check`. */
export const tokenCheckParameters = {
  token: {
    type: 'text',
    required: true,
    positional: true,
    placeholder: 'LABEL',
    summary: 'Label of the token, or a PKCS #11 URI',
  },
} as const;

/** `crypto token remove`. */
export const tokenRemoveParameters = {
  token: {
    type: 'text',
    required: true,
    positional: true,
    placeholder: 'LABEL',
    summary: 'Label of the token',
  },
} as const;
