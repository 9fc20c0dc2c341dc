// In the place of Evidence's own: a page is built without rows, and gets them from /data when it is opened.
import { browser } from '$app/environment';
import { Query, setTrackProxy } from '@evidence-dev/sdk/usql';
import { query } from '$lib/database.js';
import { readRows, readSite } from '$lib/rows.js';

export const prerender = true;
export const trailingSlash = 'always';

const NOTHING = { label: '', value: '(SELECT NULL WHERE 0 /* An Input has not been set */)' };

const json = async (fetch, path) => {
	const response = await fetch(path);
	return response.ok ? response.json() : null;
};

/** What the menu shows: the pages that have something to show. */
const withData = (manifest, pages) => ({
	...manifest,
	children: Object.fromEntries(Object.entries(manifest.children).filter(([name]) => pages.includes(name)))
});

export const load = async ({ fetch, route, url }) => {
	const name = route.id?.replace(/^\//, '') || 'overview';
	const [customFormattingSettings, manifest, evidencemeta] = await Promise.all([
		json(fetch, '/api/customFormattingSettings.json/GET.json'),
		json(fetch, '/api/pagesManifest.json'),
		json(fetch, `/api/${route.id}/evidencemeta.json`)
	]);
	const page = name === 'overview' ? manifest : manifest?.children[name];
	const shared = {
		__db: { query: (sql, { callback = (rows) => rows } = {}) => (browser ? query(sql).then(callback) : callback([])), load: async () => {}, updateParquetURLs: async () => {} },
		inputs: setTrackProxy(NOTHING),
		customFormattingSettings: customFormattingSettings?.customFormattingSettings ?? {},
		isUserPage: true,
		evidencemeta: evidencemeta ?? { queries: [] },
		pagesManifest: manifest,
		title: page?.frontMatter?.title,
		data: {}
	};
	if (!browser || !page?.isPage) return shared;

	const parameter = page.frontMatter?.entity?.replace(/_id$/, '');
	const entity = parameter ? (url.searchParams.get(parameter) ?? '') : undefined;
	const [site, rows] = await Promise.all([readSite(fetch), readRows(fetch, name, entity)]);
	Query.emptyCache(); // it knows queries by their text, which is the same for every entity
	return { ...shared, pagesManifest: withData(manifest, site.pages), site, entity, data: rows ?? {}, isThere: rows !== null || entity === undefined };
};
