import { startTestHub } from '../../../support/hub.ts';

/** A hub to be killed. Arguments: folder, port. */
const [folder, port] = process.argv.slice(2);
await startTestHub(folder!, Number(port));
process.on('disconnect', () => process.exit()); // with the campaign
process.send?.('ready');
