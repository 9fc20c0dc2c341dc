// Evidence's own Vite settings, less what every visitor would download and none use, and with our CSV.
import { fileURLToPath } from 'node:url';
import evidence from './.evidence/template/vite.config.js';

const ours = (file) => fileURLToPath(new URL(`vite/${file}`, import.meta.url));

/** One way to write CSV: Evidence's own button would let a spreadsheet run text as a formula. */
const ownDownloads = {
	name: 'tally:own-downloads',
	enforce: 'pre',
	resolveId: (source) => (source.endsWith('/DownloadData.svelte') ? ours('DownloadData.svelte') : null)
};

export default {
	...evidence,
	plugins: [ownDownloads, ...evidence.plugins],
	// It would compress every file only to print how small it gets.
	build: { ...evidence.build, reportCompressedSize: false },
	// A page for developers imports all of the 3,000 logos (1.9 MB) into what every page shares.
	resolve: { alias: { '@steeze-ui/simple-icons': ours('icons.js') } }
};
