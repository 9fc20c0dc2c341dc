// The browser's database (4 MB), which comes with the first query that a reader's choice asks for.
import { writable } from 'svelte/store';

const open = async () => {
	const database = await import('@evidence-dev/universal-sql/client-duckdb');
	const { renderedFiles, macros } = await (await fetch('/data/manifest.json')).json();
	await database.initDB();
	await database.setParquetURLs(renderedFiles);
	await database.updateSearchPath(Object.keys(renderedFiles));
	await database.query(macros);
	return database;
};

let opened;

/** The rows of a query over the tables under /data/tables, with the macros of reports/macros.sql. */
export const query = async (sql) => {
	opened ??= open();
	return Array.from(await (await opened).query(sql), (row) => ({ ...row }));
};

/**
 * A store of the rows that answer what was asked last: { rows, of, error, isAsking }, where `of` is what they answer, undefined until the
 * first answer, `error` says why there is none, and `isAsking` that newer ones are on their way. `ask(of, rows, sql)` answers with rows that are there already, else by the query.
 */
export const answers = () => {
	const { subscribe, set, update } = writable({ rows: [] });
	let turn = 0;
	const ask = async (of, rows, sql) => {
		const now = ++turn;
		if (rows) return set({ rows, of });
		update((before) => ({ ...before, isAsking: true }));
		try {
			const found = await query(sql);
			if (now === turn) set({ rows: found, of });
		} catch (failure) {
			if (now === turn) update((before) => ({ ...before, error: failure.message, isAsking: false }));
		}
	};
	return { subscribe, ask };
};
