// The Svelte settings of a page that is being written: what Evidence's have, less what the pages do not use. A component's styles go through
// Tailwind once, in Vite, and Evidence's own components, which theirs looks for in each file, are in no page.
import evidencePreprocess from '@evidence-dev/preprocess';
import settings from '../../svelte.config.js';

export default {
	extensions: ['.svelte', '.md'],
	preprocess: [...evidencePreprocess(true), ...settings.preprocess],
	// What the build refuses is not shown either.
	onwarn: ({ message }) => {
		if (message.includes('defined') || message.includes('Empty Block')) throw new Error(message);
	},
	kit: { files: { routes: 'src/pages', lib: 'src/components' } }
};
