import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** The one accent: a cobalt that carries white text at every place where it is filled. */
const cobalt: MantineColorsTuple = [
  '#eef1fd',
  '#dbe1f8',
  '#b4c0f0',
  '#8b9de8',
  '#6880e2',
  '#4b66d8',
  '#3652cc',
  '#2b44b5',
  '#243a9b',
  '#1a2c7d',
];

/** Readable as text on a light ground at 6 and on a dark one at 5. */
const red: MantineColorsTuple = [
  '#fff1f0',
  '#ffdfdc',
  '#ffc4be',
  '#ffaea6',
  '#ffa299',
  '#ff9a90',
  '#b42318',
  '#9b1c13',
  '#84170f',
  '#6d120b',
];

/** Neutrals with a drop of blue, so that dark surfaces belong to the accent. */
const dark: MantineColorsTuple = [
  '#e4e7ef',
  '#b6bccb',
  '#949cb0',
  '#6b7389',
  '#3d4456',
  '#2c3242',
  '#212633',
  '#191d28',
  '#12151e',
  '#0c0e15',
];

export const theme = createTheme({
  colors: { cobalt, dark, red },
  autoContrast: true,
  primaryColor: 'cobalt',
  primaryShade: { light: 6, dark: 5 },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: 'ui-monospace, monospace',
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Modal: {
      styles: { title: { fontWeight: 650, fontSize: '1.05rem' } },
      defaultProps: {
        centered: true,
        closeButtonProps: { 'aria-label': 'Close' },
        radius: 'lg',
        overlayProps: { backgroundOpacity: 0.45 },
      },
    },
    Menu: {
      defaultProps: {
        withInitialFocusPlaceholder: false,
        radius: 'md',
        shadow: 'lg',
        transitionProps: { duration: 80 },
      },
    },
    Tooltip: { defaultProps: { openDelay: 400, transitionProps: { duration: 80 } } },
    Loader: { defaultProps: { type: 'dots' } },
  },
});
