import { byId } from './dom.ts';

const key = 'hon-eval-theme';

/** The buttons that set light or dark, or leave it to the system. */
export function showTheme(): void {
  const buttons = [...byId('theme').querySelectorAll('button')];
  const apply = (theme: string) => {
    document.documentElement.dataset.theme = theme;
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.value === theme));
  };
  for (const button of buttons) {
    button.addEventListener('click', () => {
      apply(button.value);
      remember(button.value);
    });
  }
  byId('theme').hidden = false;
  apply(remembered() ?? 'auto');
}

/** Browsers may refuse storage to files. */
function remember(theme: string): void {
  try {
    localStorage.setItem(key, theme);
  } catch {}
}

function remembered(): string | null {
  try {
    const theme = localStorage.getItem(key);
    return theme === 'light' || theme === 'dark' ? theme : null;
  } catch {
    return null;
  }
}
