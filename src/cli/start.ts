// What `main.ts` loads once version and compile cache are settled. The build puts this file and all it
// reaches into one.
export { createProcessIo } from './process-io.ts';
export { run } from './run.ts';
export { startOver } from './start-over.ts';
