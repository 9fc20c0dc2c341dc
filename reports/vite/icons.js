// The two logos that Evidence's header imports by name; no page of ours shows one.
const none = { default: { a: { viewBox: '0 0 24 24' }, path: [] } };

export const Github = none;
export const Slack = none;
