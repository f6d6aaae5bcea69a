/**
 * The 64 writers of the handwriting data set: one open-licensed font each, from
 * the `@fontsource` packages.
 *
 * The order is part of the data set: a writer's number in the files is its place
 * here, and every fourth one (3, 7, ... 63) is a test writer for good. Writers
 * of like style stand together, so those fall evenly over the styles. The two
 * nearest faces of the list (4 and 5) are both on the training side.
 */

export type FontLicence = 'OFL-1.1' | 'Apache-2.0';

export interface Writer {
  /** Short name, also the font's file name: `caveat`. */
  id: string;
  /** npm package that carries the font. */
  package: string;
  /** The font's own family name, for credits. */
  family: string;
  /** WOFF2 file inside the package. */
  file: string;
  licence: FontLicence;
}

function writer(id: string, family: string, licence: FontLicence = 'OFL-1.1'): Writer {
  const file = `files/${id}-latin-400-normal.woff2`;
  return { id, package: `@fontsource/${id}`, family, file, licence };
}

export const WRITERS: readonly Writer[] = [
  // Neat print, as taught at school.
  writer('architects-daughter', 'Architects Daughter'),
  writer('balsamiq-sans', 'Balsamiq Sans'),
  writer('chilanka', 'Chilanka'),
  writer('coming-soon', 'Coming Soon', 'Apache-2.0'),
  writer('comic-neue', 'Comic Neue'),
  writer('comic-relief', 'Comic Relief'),
  writer('crafty-girls', 'Crafty Girls', 'Apache-2.0'),
  writer('dekko', 'Dekko'),
  writer('delicious-handrawn', 'Delicious Handrawn'),
  writer('delius', 'Delius'),
  writer('grandstander', 'Grandstander'),
  writer('handlee', 'Handlee'),
  writer('indie-flower', 'Indie Flower'),
  writer('itim', 'Itim'),
  writer('kavivanar', 'Kavivanar'),
  writer('mali', 'Mali'),
  writer('merienda', 'Merienda'),
  writer('neucha', 'Neucha'),
  writer('pangolin', 'Pangolin'),
  writer('patrick-hand', 'Patrick Hand'),
  writer('schoolbell', 'Schoolbell', 'Apache-2.0'),
  writer('shantell-sans', 'Shantell Sans'),
  writer('short-stack', 'Short Stack'),
  writer('sriracha', 'Sriracha'),
  // Markers and brushes.
  writer('caveat-brush', 'Caveat Brush'),
  writer('finger-paint', 'Finger Paint'),
  writer('gochi-hand', 'Gochi Hand'),
  writer('just-another-hand', 'Just Another Hand', 'Apache-2.0'),
  writer('kalam', 'Kalam'),
  writer('kaushan-script', 'Kaushan Script'),
  writer('mansalva', 'Mansalva'),
  writer('permanent-marker', 'Permanent Marker', 'Apache-2.0'),
  writer('rancho', 'Rancho', 'Apache-2.0'),
  writer('rock-salt', 'Rock Salt', 'Apache-2.0'),
  writer('walter-turncoat', 'Walter Turncoat', 'Apache-2.0'),
  writer('sedgwick-ave', 'Sedgwick Ave'),
  // Quick, loose print.
  writer('annie-use-your-telescope', 'Annie Use Your Telescope'),
  writer('caveat', 'Caveat'),
  writer('give-you-glory', 'Give You Glory'),
  writer('gloria-hallelujah', 'Gloria Hallelujah'),
  writer('just-me-again-down-here', 'Just Me Again Down Here'),
  writer('loved-by-the-king', 'Loved by the King'),
  writer('nothing-you-could-do', 'Nothing You Could Do'),
  writer('reenie-beanie', 'Reenie Beanie'),
  writer('shadows-into-light', 'Shadows Into Light'),
  writer('sue-ellen-francisco', 'Sue Ellen Francisco'),
  writer('swanky-and-moo-moo', 'Swanky and Moo Moo'),
  writer('the-girl-next-door', 'The Girl Next Door'),
  writer('waiting-for-the-sunrise', 'Waiting for the Sunrise'),
  writer('zeyada', 'Zeyada'),
  // Joined and slanted hands.
  writer('bad-script', 'Bad Script'),
  writer('calligraffitti', 'Calligraffitti', 'Apache-2.0'),
  writer('cedarville-cursive', 'Cedarville Cursive'),
  writer('cookie', 'Cookie'),
  writer('courgette', 'Courgette'),
  writer('damion', 'Damion'),
  writer('dancing-script', 'Dancing Script'),
  writer('homemade-apple', 'Homemade Apple', 'Apache-2.0'),
  writer('la-belle-aurore', 'La Belle Aurore'),
  writer('marck-script', 'Marck Script'),
  writer('oooh-baby', 'Oooh Baby'),
  writer('satisfy', 'Satisfy', 'Apache-2.0'),
  writer('twinkle-star', 'Twinkle Star'),
  writer('yellowtail', 'Yellowtail', 'Apache-2.0'),
];
