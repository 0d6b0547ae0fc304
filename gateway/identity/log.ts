/** What identity needs of a pino logger. No token, assertion or key is ever given to it. */
export interface Log {
  info(members: object, message: string): void;
  warn(members: object, message: string): void;
  error(members: object, message: string): void;
}
