"""Files on disk, whatever they hold: locks between processes, compression, and what makes a new name last."""
