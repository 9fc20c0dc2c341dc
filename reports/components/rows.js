// The rows of the pages: files under /data, which the newest publication has written.
import { english, speak } from './language.js';

const SITE = '/data/site.json';
const PHRASES = '/data/phrases.ftl';

/** Where the rows of a page are; `entity` is the one that it is about, where it is about one. */
const rowsAt = (page, entity) => (entity === undefined ? `/data/rows/${page}.json` : `/data/rows/${page}/key=${encodeURIComponent(entity)}/rows0.json`);

/** A script for a page's head: while the page's own code is still loading it asks for its rows, and has the browser read how the language writes numbers and days, which takes it a while. parameter: of the address, with the entity. */
export const askEarly = (page, parameter) => `
	window.early = {};
	for (const path of ['${SITE}', '${PHRASES}', '${rowsAt(page, parameter && '*')}'${parameter ? `.replace('*', encodeURIComponent(new URLSearchParams(location.search).get('${parameter}') ?? ''))` : ''}]) early[path] = fetch(path);
	setTimeout(() => {
		const { lang } = document.documentElement;
		new Intl.NumberFormat(lang);
		new Intl.DateTimeFormat(lang, { weekday: 'short' });
	});
`;

const answer = async (fetch, path, read = (response) => response.json()) => {
	const early = globalThis.early?.[path];
	// The next time what is there may be newer.
	if (early) delete globalThis.early[path];
	const response = await (early ?? fetch(path));
	if (response.status === 404) return null;
	if (!response.ok) throw new Error(`${path} could not be loaded (${response.status})`);
	return read(response);
};

/** A list a column, to one object a row. */
const rowsOf = (columns) => {
	const names = Object.keys(columns);
	return (columns[names[0]] ?? []).map((_, at) => Object.fromEntries(names.map((name) => [name, columns[name][at]])));
};

let phrases;

/**
 * The state of the publication: published_at, stale_since, stale_reason, pages (those that have something to show), locale, timezone.
 * From the first time on the site speaks its language.
 */
export const readSite = async (fetch) => {
	const isFirst = !phrases;
	phrases ??= answer(fetch, PHRASES, (response) => response.text());
	const [site, text] = await Promise.all([answer(fetch, SITE), phrases]);
	if (isFirst) speak(text === null ? {} : site, text ?? (await english()));
	return site ?? { pages: [] };
};

/**
 * The rows of each query of a page, by the query's name.
 *
 * page: the page's name; entity: the entity that it is about, where it is about one. Null where there is none of that name.
 */
export const readRows = async (fetch, page, entity) => {
	const found = await answer(fetch, rowsAt(page, entity));
	return found && Object.fromEntries(Object.entries(found).map(([query, columns]) => [query, rowsOf(columns)]));
};
