// In the place of the browser's database: the same functions, but nothing is downloaded before the first query.
import * as database from '@evidence-dev/universal-sql/client-duckdb';

export { arrowTableToJSON, tableFromIPC } from '@evidence-dev/universal-sql/client-duckdb';

let files = {};
let schemas = [];
let opened;

const open = async () => {
	await database.initDB();
	await database.setParquetURLs(files);
	await database.updateSearchPath(schemas);
};

export const initDB = async () => {};

export const setParquetURLs = async (urls) => {
	files = urls;
};

export const updateSearchPath = async (names) => {
	schemas = names;
};

/** The rows of a query. */
export const query = async (sql) => {
	opened ??= open();
	await opened;
	return database.query(sql);
};
