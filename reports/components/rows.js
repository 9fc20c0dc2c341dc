// The rows of the pages: files under /data, which the newest publication has written.

const answer = async (fetch, path) => {
	const response = await fetch(path);
	if (response.status === 404) return null;
	if (!response.ok) throw new Error(`${path} could not be loaded (${response.status})`);
	return response.json();
};

/** A list a column, to one object a row. */
const rowsOf = (columns) => {
	const names = Object.keys(columns);
	return (columns[names[0]] ?? []).map((_, at) => Object.fromEntries(names.map((name) => [name, columns[name][at]])));
};

/** The state of the publication: published_at, stale_since, stale_reason, pages (those that have something to show). */
export const readSite = async (fetch) => (await answer(fetch, '/data/site.json')) ?? { pages: [] };

/**
 * The rows of each query of a page, by the query's name.
 *
 * page: the page's name; entity: the entity that it is about, where it is about one. Null where there is none of that name.
 */
export const readRows = async (fetch, page, entity) => {
	const found = await answer(fetch, entity === undefined ? `/data/rows/${page}.json` : `/data/rows/${page}/key=${encodeURIComponent(entity)}/rows0.json`);
	return found && Object.fromEntries(Object.entries(found).map(([query, columns]) => [query, rowsOf(columns)]));
};
