/** `support bundle`. */
export const supportBundleParameters = {
  file: {
    type: 'file',
    required: true,
    positional: true,
    summary: 'New file to write, as JSON, mode 0600',
  },
} as const;
