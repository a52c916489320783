import numpy as np

# 4-DOF arm: base yaw, shoulder pitch, elbow pitch, wrist slide (prismatic), all lengths in metres
L_BASE, L_UPPER, L_FORE = 0.3, 0.5, 0.4


def rot_z(a):
    c, s = np.cos(a), np.sin(a)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def rot_y(a):
    c, s = np.cos(a), np.sin(a)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def frames(q):
    """origins and orientations of the joints, and the tool point"""
    R1 = rot_z(q[0])
    p1 = np.array([0.0, 0.0, L_BASE])
    R2 = R1 @ rot_y(q[1])
    p2 = p1 + R2 @ np.array([L_UPPER, 0.0, 0.0])
    R3 = R2 @ rot_y(q[2])
    p_tool = p2 + R3 @ np.array([L_FORE + q[3], 0.0, 0.0])
    return R1, p1, R2, p2, R3, p_tool


def forward_kinematics(q):
    return frames(q)[-1]


def jacobian(q):
    """geometric Jacobian: axis x (tool - origin) for a hinge, the axis itself for the slide"""
    R1, p1, R2, p2, R3, p_tool = frames(q)
    J = np.zeros((3, 4))

    z_yaw = np.array([0.0, 0.0, 1.0])
    y_shoulder = R1[:, 1]
    y_elbow = R2[:, 1]
    x_slide = R3[:, 0]

    J[:, 0] = np.cross(z_yaw, p_tool)
    J[:, 1] = np.cross(y_shoulder, p_tool - p1)
    J[:, 2] = np.cross(y_elbow, p_tool - p2)
    J[:, 3] = x_slide
    return J
