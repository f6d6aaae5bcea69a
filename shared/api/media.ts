export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const;
/** size*size*channels float32 numbers in [0, 1], little-endian: the network's input as it is. */
export const TENSOR_TYPE = 'application/x-tensor';
/** `features` float32 numbers, little-endian, as POST .../embed gives them. */
export const EMBEDDING_TYPE = 'application/x-embedding';
export const FORM_TYPE = 'multipart/form-data';
export const DELTA_TYPE = 'application/x-shoal-delta';
export const SAFETENSORS_TYPE = 'application/x-safetensors';
export const ZIP_TYPE = 'application/zip';
