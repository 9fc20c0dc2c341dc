// Evidence lets a project add to its Svelte settings.

// Evidence begins each page's script with its own queries, formats and toasts: modules of a quarter of a megabyte, which every
// reader would load. Of these, our pages use `data` and `page` alone.
const LAST_OF_EVIDENCE = 'onMount(() => (_mounted = true));';
const PAGES_OWN = `
	import { page } from '$app/stores';
	let props = {};
	export { props as data };
	let { data = {} } = props;
	$: ({ data = {} } = props);
`;

// And each page's title and heading from its front matter; ours are phrases (pages/+layout.svelte).
const HEAD_OF_EVIDENCE = /<!--\s+MDSvex comes in handy here[\s\S]*?<\/svelte:head>/;

const withoutEvidence = {
	markup({ content, filename }) {
		if (!filename?.endsWith('+page.md')) return;
		if (!HEAD_OF_EVIDENCE.test(content)) throw new Error(`${filename} has not the head that @evidence-dev/evidence 39.1.13 writes`);
		return { code: content.replace(HEAD_OF_EVIDENCE, '') };
	},
	script({ content, filename, attributes }) {
		if (!filename?.endsWith('.md') || attributes.context === 'module') return;
		const end = content.indexOf(LAST_OF_EVIDENCE);
		if (end < 0) throw new Error(`${filename} does not begin as pages of @evidence-dev/evidence 39.1.13 do`);
		return { code: PAGES_OWN + content.slice(end + LAST_OF_EVIDENCE.length) };
	}
};

// Evidence takes `preprocess` out of what it is given, and reads this file twice: a getter stays.
class Settings {
	get preprocess() {
		return [withoutEvidence];
	}
}

export default new Settings();
