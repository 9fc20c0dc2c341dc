// How Evidence's command line has Vite build the pages, and show one while it is written: in the place of Evidence's own settings, which prepare
// its components and queries.
import { readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { sveltekit } from '@sveltejs/kit/vite';
import { build } from 'esbuild';

// Evidence's own pages are for developers; they would bring all of its components and 3,000 logos.
for (const page of ['explore', 'settings']) rmSync(`src/pages/${page}`, { recursive: true, force: true });
// Of what Evidence answers, the pages ask for the list of pages alone.
for (const name of readdirSync('src/pages/api')) if (name !== 'pagesManifest.json') rmSync(`src/pages/api/${name}`, { recursive: true });

// The command line copies our files while Vite starts: one that came too late would be missing from the site.
const COPIES = { pages: 'src/pages', components: 'src/components', static: 'static' };
const copied = async () => {
	for (const [part, copy] of Object.entries(COPIES)) {
		for (const name of readdirSync(`../../${part}`, { recursive: true })) {
			const file = statSync(`../../${part}/${name}`);
			const place = `${copy}/${part === 'pages' ? name.replace(/index\.md$/, '+page.md') : name}`;
			while (file.isFile() && statSync(place, { throwIfNoEntry: false })?.size !== file.size) await setTimeout(20);
		}
	}
};

// The charts' library and the browser's database: esbuild bundles them in a moment, where Rollup takes half of a build's time.
const LIBRARIES = /\/components\/draw\.js$|\/universal-sql\/src\/client-duckdb\/browser\.js$/;
const WORKER = '?worker';

const libraries = {
	name: 'tally-libraries',
	enforce: 'pre',
	async resolveId(source, importer) {
		// The database's workers are bundled already: their address is enough.
		if (!source.startsWith('@duckdb/') || !source.endsWith(WORKER)) return;
		const file = await this.resolve(source.slice(0, -WORKER.length), importer);
		return `\0worker:${file.id}`;
	},
	async load(id, { ssr } = {}) {
		if (id.startsWith('\0worker:')) return `import url from ${JSON.stringify(`${id.slice('\0worker:'.length)}?url`)}; export default function () { return new Worker(url); }`;
		if (!LIBRARIES.test(id)) return;
		// Nothing is drawn, and nothing asked, while pages are built.
		if (ssr) return 'export const draw = () => {};';
		const bundle = await build({ entryPoints: [id], bundle: true, minify: true, write: false, format: 'esm', target: 'es2020', external: ['*?url', `*${WORKER}`] });
		return { code: bundle.outputFiles[0].text, moduleSideEffects: 'no-treeshake' };
	}
};

// A request costs a phone more than the bytes of a component that its page does not use: all of them are one file.
const chunkOf = (id) => {
	if (id.endsWith('/components/draw.js')) return 'charts';
	// With Evidence's styles, which come first there: ours are written over them.
	if (/\/src\/app\.css|\/components\/(?!database|en\.ftl)|\/node_modules\/(svelte|@sveltejs|@fluent)\/|preload-helper/.test(id)) return 'components';
};

// A browser compiles a function when it is first called, on the thread that draws; what a page calls as it opens, Chromium compiles beside
// that thread, while it loads, where a file begins with this line. To other browsers it is a comment.
const COMPILED_EARLY = '//# allFunctionsCalledOnLoad\n';

const early = {
	name: 'tally-early',
	apply: (config, { command, isSsrBuild }) => command === 'build' && !isSsrBuild,
	// After the minifier, which leaves no comment.
	renderChunk: { order: 'post', handler: (code, { name }) => (/^(charts|components|nodes\/)/.test(name) ? { code: COMPILED_EARLY + code, map: null } : null) }
};

export default async ({ command, isSsrBuild }) => {
	if (command === 'build') await copied();
	return {
		plugins: [libraries, sveltekit(), early],
		build: {
			// Vite would compress every file only to print how small it gets.
			reportCompressedSize: false,
			rollupOptions: isSsrBuild ? {} : { output: { manualChunks: chunkOf } }
		},
		// Node.js reads these itself: bundled, they are a third of the build's work.
		ssr: { external: ['@evidence-dev/preprocess', '@evidence-dev/sdk/utils'] },
		server: {
			fs: { allow: [realpathSync('../../node_modules')] },
			// Compiled from the start, not when a browser asks.
			warmup: { clientFiles: ['src/pages/**/+page.md', 'src/pages/+layout.svelte'] }
		},
		// Found only in the browser, it would have the page load twice.
		optimizeDeps: { include: ['@fluent/bundle'] },
		clearScreen: false
	};
};
