/** Errors of the configuration, or of its match with the environment: by variable, and all of them together. */

export interface ConfigProblem {
  /** The variable that an operator changes. */
  readonly variable: string;
  /** One line, in fixed words; MUST NOT hold a secret's value, nor a piece of it. */
  readonly reason: string;
}

/** The gateway does not start. The message has a line for each problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, reason }) => `  ${variable}: ${reason}`);
    super(`configuration:\n${lines.join('\n')}`);
    this.problems = problems;
  }
}

/** An error that may pass by itself, such as a server that does not answer yet. */
export class PassingConfigError extends ConfigError {}

/** One problem that was found outside the variables themselves: a port in use, a database that refuses the password. */
export function configError(variable: string, reason: string, cause?: unknown): ConfigError {
  const error = new ConfigError([{ variable, reason }]);
  if (cause !== undefined) error.cause = cause;
  return error;
}
