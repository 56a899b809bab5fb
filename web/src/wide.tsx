import type { ComponentChildren } from 'preact';

/** A table that may be wider than a phone: it scrolls by itself, by the keyboard too. */
export function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard (WCAG 2.1.1)
    <section class="wide" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
