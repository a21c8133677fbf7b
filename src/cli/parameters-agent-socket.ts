/** Commands that members of the group of an agent's socket may use. */
export const agentSocketParameters = {
  socket: {
    type: 'file',
    placeholder: 'PATH',
    summary: 'Ask the agent that listens here, and open no store: for members of its group',
  },
} as const;
