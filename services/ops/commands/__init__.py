"""The commands of `numberbank`, a file each; what they do is beside this folder."""
