export async function realFrames(_folder: string): Promise<void> {}
