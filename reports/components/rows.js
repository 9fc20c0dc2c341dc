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

const typeOf = (values) => ({ number: 'DOUBLE', boolean: 'BOOLEAN' })[typeof (values ?? []).find((value) => value !== null)] ?? 'VARCHAR';

/** The state of the publication: published_at, stale_since, stale_reason, pages (those that have something to show). */
export const readSite = async (fetch) => (await answer(fetch, '/data/site.json')) ?? { pages: [] };

/**
 * What Evidence's queries of a page begin with: under each one's name its rows, and its columns.
 *
 * page: the page's name; entity: the entity that it is about, where it is about one. Null where there is none of that name.
 */
export const readRows = async (fetch, page, entity) => {
	const found = await answer(fetch, entity === undefined ? `/data/rows/${page}.json` : `/data/rows/${page}/key=${encodeURIComponent(entity)}/rows0.json`);
	if (!found) return null;
	return Object.fromEntries(
		Object.entries(found).flatMap(([query, columns]) => {
			// Rows of a query in the browser, for the time before the reader chooses.
			const name = query.replace(/_at_first$/, '');
			return [
				[`${name}_data`, rowsOf(columns)],
				[`${name}_columns`, Object.entries(columns).map(([column, values]) => ({ column_name: column, column_type: typeOf(values) }))]
			];
		})
	);
};
