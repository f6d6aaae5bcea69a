/** Vite puts style sheets into the page; to a script they are only a side effect. */
declare module '*.css';
