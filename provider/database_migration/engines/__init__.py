"""One folder per database; ``protocol`` says what a step may ask of any of them."""
