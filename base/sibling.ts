/**
 * The URL of a module beside the caller's, for a worker or a child process: `.ts` when the source runs as it stands,
 * `.js` in the compiled package, where TypeScript does not rewrite such names. `name` is relative, without an ending.
 */
export function siblingModule(importMetaUrl: string, name: string): URL {
  return new URL(name + (importMetaUrl.endsWith('.ts') ? '.ts' : '.js'), importMetaUrl);
}
