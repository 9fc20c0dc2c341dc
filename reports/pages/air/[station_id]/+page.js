// Pages come from the links to them; while there is no data there are none, which is no error.
export const prerender = 'auto';
