/** The libraries of docs/client-libraries.md, each in the version that its folder here pins; fetched as the others are. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { classPathOf, goEnvironmentOf, pythonWith } from '../tools.ts';

const HERE = import.meta.dirname;

/** @returns a Python that has Authlib and httpx-sse */
export const pythonLibraries = (): Promise<string> => pythonWith(join(HERE, 'python', 'requirements.txt'));

/** @returns the environment in which Go has golang.org/x/oauth2 without the network */
export const oauthGo = (): Promise<Record<string, string>> => goEnvironmentOf(join(HERE, 'go'));

/** Makes a folder a Go module that has the same. */
export async function goModule(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ['go.mod', 'go.sum']) await copyFile(join(HERE, 'go', name), join(folder, name));
}

/** @returns the class path that has Nimbus' OAuth 2.0 SDK and Spring Security */
export const oauthClassPath = (): Promise<string> => classPathOf(join(HERE, 'java', 'pom.xml'));
