// Evidence's own Vite settings, with less to do.
import { rmSync } from 'node:fs';
import evidence from './.evidence/template/vite.config.js';

// Evidence's own pages are for developers; they would bring all of its components and 3,000 logos.
for (const page of ['explore', 'settings']) rmSync(`src/pages/${page}`, { recursive: true, force: true });

export default {
	...evidence,
	// Vite would compress every file only to print how small it gets.
	build: { ...evidence.build, reportCompressedSize: false },
	// What the development server prepares, once: not all of Evidence's components.
	cacheDir: '../../../.work.cache',
	optimizeDeps: { ...evidence.optimizeDeps, include: ['echarts/charts', 'echarts/components', 'echarts/core', 'echarts/renderers'] }
};
