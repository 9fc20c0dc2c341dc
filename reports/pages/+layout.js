// In the place of Evidence's own: a page is built without rows, and gets them from /data when it is opened.
import { browser, dev } from '$app/environment';
import { english, speak, t } from '$lib/language.js';
import { askEarly, readRows, readSite } from '$lib/rows.js';

export const prerender = true;
// While a page is written, its code is compiled for the browser alone.
export const ssr = !dev;
export const trailingSlash = 'always';

/** The pages that have something to show, in the order of their positions. */
const menuOf = (manifest, pages) => [
	{ title: t('pages-overview'), href: '/' },
	...Object.entries(manifest.children)
		.filter(([name, { frontMatter }]) => pages.includes(name) && frontMatter.sidebar_link !== false)
		.sort(([, one], [, other]) => one.frontMatter.sidebar_position - other.frontMatter.sidebar_position)
		.map(([name, { frontMatter }]) => ({ title: t(`pages-${name}`), href: `/${name}/` }))
];

export const load = async ({ fetch, route, url }) => {
	const manifest = await (await fetch('/api/pagesManifest.json')).json();
	const name = route.id?.replace(/^\//, '') || 'overview';
	const page = name === 'overview' ? manifest : manifest.children[name];
	// What Evidence's code in a page looks for.
	const evidence = { inputs: {}, customFormattingSettings: {} };
	const parameter = page?.frontMatter?.entity?.replace(/_id$/, '');
	if (!browser) speak({}, await english());
	if (!browser || !page?.isPage) return { ...evidence, title: page?.isPage ? t(`pages-${name}`) : '', menu: [], data: {}, early: page?.isPage ? askEarly(name, parameter) : '' };

	const entity = parameter ? (url.searchParams.get(parameter) ?? '') : undefined;
	const [site, rows] = await Promise.all([readSite(fetch), readRows(fetch, name, entity)]);
	return { ...evidence, name, title: t(`pages-${name}`), menu: menuOf(manifest, site.pages), site, entity, data: rows ?? {}, isThere: rows !== null || entity === undefined };
};
