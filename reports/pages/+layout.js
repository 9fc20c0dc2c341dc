// In the place of Evidence's own: a page is built without rows, and gets them from /data when it is opened.
import { browser } from '$app/environment';
import { readRows, readSite } from '$lib/rows.js';

export const prerender = true;
export const trailingSlash = 'always';

/** The pages that have something to show, in the order of their positions. */
const menuOf = (manifest, pages) => [
	{ title: 'Overview', href: '/' },
	...Object.entries(manifest.children)
		.filter(([name, { frontMatter }]) => pages.includes(name) && frontMatter.sidebar_link !== false)
		.sort(([, one], [, other]) => one.frontMatter.sidebar_position - other.frontMatter.sidebar_position)
		.map(([name, { frontMatter }]) => ({ title: frontMatter.title, href: `/${name}/` }))
];

export const load = async ({ fetch, route, url }) => {
	const manifest = await (await fetch('/api/pagesManifest.json')).json();
	const name = route.id?.replace(/^\//, '') || 'overview';
	const page = name === 'overview' ? manifest : manifest.children[name];
	const title = page?.frontMatter?.title;
	// What Evidence's code in a page looks for.
	const evidence = { inputs: {}, customFormattingSettings: {} };
	if (!browser || !page?.isPage) return { ...evidence, title, menu: [], data: {} };

	const parameter = page.frontMatter.entity?.replace(/_id$/, '');
	const entity = parameter ? (url.searchParams.get(parameter) ?? '') : undefined;
	const [site, rows] = await Promise.all([readSite(fetch), readRows(fetch, name, entity)]);
	return { ...evidence, title, menu: menuOf(manifest, site.pages), site, entity, data: rows ?? {}, isThere: rows !== null || entity === undefined };
};
