// What a reader has chosen on a page stands in its address: it survives a reload, goes back and forward, and can be sent to
// someone else. What nobody chose is not in it. Each control reads and writes its own names, by this module alone.
import { derived } from 'svelte/store';
import { browser } from '$app/environment';
import { pushState, replaceState } from '$app/navigation';
import { page } from '$app/stores';

/** The choices in the address, as URLSearchParams; it changes with each choice, back and forward. */
export const chosen = derived(page, () => new URLSearchParams(browser ? location.search : ''));

/**
 * Put choices into the address.
 *
 * choices: by name a text, or a list of texts; undefined where the choice is the one that nobody makes, which leaves the address.
 * isTyped: whether it is one of many on the way, such as each letter of a search: "back" then passes over it.
 */
export const choose = (choices, { isTyped = false } = {}) => {
	const url = new URL(location.href);
	for (const [name, value] of Object.entries(choices)) {
		url.searchParams.delete(name);
		for (const each of Array.isArray(value) ? value : value === undefined ? [] : [value]) url.searchParams.append(name, each);
	}
	if (url.href !== location.href) (isTyped ? replaceState : pushState)(url, {});
};
