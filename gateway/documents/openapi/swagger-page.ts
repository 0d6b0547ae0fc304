/** Configures Swagger UI at `/docs`: the product's name, a choice of languages, and a field for a token. */
import type { FastifySwaggerUiOptions } from '@fastify/swagger-ui';

const MARK = '#b3261e';

const favicon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="${MARK}"/><path d="M9 8v16h14M17 8v9" fill="none" stroke="#fff" stroke-width="4"/></svg>`;

const logo = `<svg xmlns="http://www.w3.org/2000/svg" width="190" height="40" viewBox="0 0 190 40"><rect x="2" y="6" width="28" height="28" rx="6" fill="${MARK}"/><path d="M10 12v16h13M18 12v8" fill="none" stroke="#fff" stroke-width="3.5"/><text x="40" y="28" font-family="sans-serif" font-size="22" fill="#fff">Liên Thông</text></svg>`;

/** Options of Swagger UI that the plugin's types lack. */
type UiConfig = FastifySwaggerUiOptions['uiConfig'] & {
  readonly urls: readonly { readonly url: string; readonly name: string }[];
};

interface Definition {
  filter(keep: (value: unknown, name: string) => boolean): Definition;
  readonly size: number;
}

interface Definitions {
  map(change: (one: Definition) => Definition): Definitions;
  filter(keep: (one: Definition) => boolean): Definitions;
}

/**
 * A plugin of Swagger UI, whose source is sent to the browser unchanged: removes the OAuth flow from *Authorize*. Swagger UI asks
 * for a client secret, but a system of an agency has a key; its token goes into the bearer's field.
 */
const withoutOAuthForm = () => ({
  statePlugins: {
    auth: {
      wrapSelectors: {
        definitionsToAuthorize:
          (original: (state: unknown) => Definitions) =>
          (state: unknown): Definitions =>
            original(state)
              .map((one) => one.filter((_scheme, name) => name !== 'oauth2'))
              .filter((one) => one.size > 0),
      },
    },
  },
});

export const theme: FastifySwaggerUiOptions['theme'] = {
  title: 'Liên Thông',
  favicon: [{ filename: 'favicon.svg', rel: 'icon', sizes: 'any', type: 'image/svg+xml', content: favicon }],
};

export const pageLogo: FastifySwaggerUiOptions['logo'] = { type: 'image/svg+xml', content: logo };

export const uiConfig: UiConfig = {
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  displayRequestDuration: true,
  // The list in the top bar.
  urls: [
    { url: './json?lang=vi', name: 'Tiếng Việt' },
    { url: './json?lang=en', name: 'English' },
  ],
  plugins: [withoutOAuthForm],
};
