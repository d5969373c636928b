/** A row of the demo's table, without its species, which is Gentoo. */
export const PENGUIN = {
  island: 'Biscoe',
  bill_length_mm: 45,
  bill_depth_mm: 15,
  flipper_length_mm: 215,
  body_mass_g: 5000,
  sex: 'male',
  year: 2008,
};
