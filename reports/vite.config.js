// Evidence's own Vite settings, less two things that every visitor would download and few or none use, and with our CSV.
import { fileURLToPath } from 'node:url';
import evidence from './.evidence/template/vite.config.js';

const ours = (file) => fileURLToPath(new URL(`vite/${file}`, import.meta.url));

/** The browser's database (4 MB) comes with the first query that was not answered when the site was built. */
const databaseWhenAsked = {
	name: 'tally:database-when-asked',
	enforce: 'pre',
	resolveId(source, importer, { ssr }) {
		const isDatabase = source === '@evidence-dev/universal-sql/client-duckdb';
		return isDatabase && !ssr && importer !== ours('database.js') ? ours('database.js') : null;
	}
};

/** One way to write CSV: Evidence's own button would let a spreadsheet run text as a formula. */
const ownDownloads = {
	name: 'tally:own-downloads',
	enforce: 'pre',
	resolveId: (source) => (source.endsWith('/DownloadData.svelte') ? ours('DownloadData.svelte') : null)
};

export default {
	...evidence,
	plugins: [databaseWhenAsked, ownDownloads, ...evidence.plugins],
	// It would compress every file only to print how small it gets.
	build: { ...evidence.build, reportCompressedSize: false },
	// A page for developers imports all of the 3,000 logos (1.9 MB) into what every page shares.
	resolve: { alias: { '@steeze-ui/simple-icons': ours('icons.js') } }
};
