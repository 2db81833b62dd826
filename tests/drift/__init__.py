"""Code that is made from something else agrees with it, and the checks see when it does not."""
