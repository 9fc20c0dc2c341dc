// Evidence's components draw with Tailwind's greys and white: as variables, they follow the theme (components/theme.css).
const shade = (name) => `rgb(var(--tally-${name}) / <alpha-value>)`;
const steps = [50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950];

module.exports = {
	theme: {
		extend: {
			colors: {
				white: shade('paper'),
				blue: { 500: shade('link'), 600: shade('link'), 700: shade('link') },
				gray: Object.fromEntries(steps.map((step) => [step, shade(`gray-${step}`)]))
			}
		}
	}
};
