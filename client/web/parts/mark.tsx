/** One fish, nose to the right, about 20 units long. */
const FISH = 'M10 0C6-4-1-4.5-5-1.2L-10-4.5-8.6 0-10 4.5-5 1.2C-1 4.5 6 4 10 0Z';

/** Shoal's mark: fish that keep their own course and still move as one. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 64 48" aria-hidden="true">
      <path class="mark-far" transform="translate(20 10) rotate(-8) scale(1.15)" d={FISH} />
      <path class="mark-mid" transform="translate(49 12) rotate(-8) scale(1.3)" d={FISH} />
      <path class="mark-near" transform="translate(27 26) rotate(-8) scale(1.75)" d={FISH} />
      <path class="mark-far" transform="translate(51 36) rotate(-8) scale(1.15)" d={FISH} />
    </svg>
  );
}
