// The browser's database (4 MB), which comes with the first query that a reader's choice asks for.

const open = async () => {
	const database = await import('@evidence-dev/universal-sql/client-duckdb');
	const { renderedFiles } = await (await fetch('/data/manifest.json')).json();
	await database.initDB();
	await database.setParquetURLs(renderedFiles);
	await database.updateSearchPath(Object.keys(renderedFiles));
	return database;
};

let opened;

/** The rows of a query over the tables under /data/tables. */
export const query = async (sql) => {
	opened ??= open();
	return (await opened).query(sql);
};
