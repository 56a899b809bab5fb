import type { Scene } from './scenes.ts';

export interface About {
  /** How the page was made. */
  readonly command: string;
  readonly date: string;
  readonly machine: string;
  readonly programs: readonly string[];
  readonly scenes: readonly Scene[];
  readonly seeds: readonly number[];
  readonly quick: boolean;
}

/** A figure that was made beside the page. */
export interface MadeFigure {
  readonly file: string;
  readonly alt: string;
}

/** The page of the bench: what was run, how it is scored, both tables and the figures. */
export function page(
  about: About,
  tables: { readonly cost: string; readonly bins: string },
  figures: readonly MadeFigure[],
): string {
  const scenes = about.scenes.map(
    ({ name, about: words, widthPx, heightPx, nStars }) =>
      `- **${name}**, ${widthPx} x ${heightPx} pixels, ${nStars} stars: ${words}.`,
  );
  return `# How the photometry compares

Made by \`${about.command}\` on ${about.date}: do not edit. Machine: ${about.machine}.
Seeds ${about.seeds.join(', ')} of the simulated sky, pooled${about.quick ? '; every scene cut to 600 pixels a side (`--quick`)' : ''}.

${about.programs.map((program) => `- ${program}`).join('\n')}

## Scenes

${scenes.join('\n')}

## How it is scored

Every program measures the same files in the same run. This project runs as a user runs it, \`bhtom-edge reduce\` from
raw file to catalogue, knowing nothing of the stars; the others are given the true FWHM, level and noise of the sky, how
far the PSF varies, and, where a scene is raw, a frame calibrated with median masters, whose making costs them nothing
here. Seconds are those of GNU time for the whole of each program, start included, a frame; CPU is what to compare where
other work shares the machine. Memory is the largest resident set.

- **S/N** is the true flux over its Cramér-Rao bound: the least error that any unbiased measurement can have which knows
  PSF, sky and noise and must find flux and position of the star and of every neighbour (S/N over 5, within 2.5 FWHM)
  together: the inverse of the Fisher matrix (Mendez et al. 2014, PASP 126, 798). Fainter and farther stars count as
  noise.
- **complete**: share of the true stars that were found, brightest first, within 0.6 FWHM (at least a pixel) and a
  magnitude. Saturated stars, the outermost 3 FWHM and the trail are left out.
- **within 3 bounds**: share of all true stars measured within three bounds (or 0.5 %) of the truth; a missing star is
  a failure. This is the number that neither skipping hard stars nor guessing improves.
- **false**: share of the list that matches no true star.
- **bias**, **scatter**: median and robust standard deviation of measured minus true, relative to the list's own zero
  point from isolated bright stars, so that apertures are not punished for their size.
- **pull width**: robust standard deviation of (measured - true) / reported error. 1 means that the error bars are true.

Scatter and pulls are over the stars that a program found: one that skips the hard ones looks better there. The first
table is for S/N over 10.

## Results

${tables.cost}

${figures.map(({ file, alt }) => `![${alt}](figures/${file})\n`).join('\n')}
## By signal to noise

${tables.bins}
`;
}
