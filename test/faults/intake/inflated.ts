import { threadInspector } from '../../../agent/intake/inspector.ts';
import { systemClock } from '../../../base/clock.ts';

// Looks at all the files it is given at once, as the intake may, and tells what it found and how much memory that took.
const inspector = threadInspector({ maxFileBytes: 1e9, clock: systemClock });
const states = await Promise.all(process.argv.slice(2).map((path) => inspector.fileState(path)));
await inspector.close();
console.log(JSON.stringify({ states, maxRssMb: process.resourceUsage().maxRSS / 1024 }));
