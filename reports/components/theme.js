import { readable } from 'svelte/store';

const names = ['counted', 'estimated', 'average', 'critical', 'warning', 'event'];
const greys = { paper: 'paper', grid: 'gray-200', band: 'gray-100', edge: 'gray-300', label: 'gray-500', text: 'gray-800' };

const read = () => {
	const style = getComputedStyle(document.documentElement);
	const value = (name) => style.getPropertyValue(name).trim();
	return {
		...Object.fromEntries(names.map((name) => [name, value(`--${name}`)])),
		...Object.fromEntries(
			Object.entries(greys).map(([name, grey]) => [name, `rgb(${value(`--tally-${grey}`).split(' ').join(',')})`])
		)
	};
};

/** The theme's colours as a chart needs them, read again when the reader changes the theme; null on the server. */
export const colours = readable(null, (set) => {
	if (typeof document === 'undefined') return;
	const root = document.documentElement;
	let theme = null;
	// A theme that is set again is no change: every chart would be drawn again.
	const follow = () => {
		if (theme === root.dataset.theme) return;
		theme = root.dataset.theme;
		set(read());
	};
	follow();
	const observer = new MutationObserver(follow);
	observer.observe(root, { attributes: true, attributeFilter: ['data-theme'] });
	return () => observer.disconnect();
});
